import type { Answer } from './pool.js';

/** Why `sudo -n sh` does not do what it is asked, and the remedy; undefined: it does. `said`: of sudo asked for nothing. */
export function refusalOfSudo(
  user: string,
  { code, stderr }: Pick<Answer, 'code' | 'stderr'>,
): { because: string; next: string } | undefined {
  if (code === 0) return undefined;
  const seen = stderr.trim().split('\n').at(-1) || `code ${code}`;
  const rule = `\`${user} ALL=(root) NOPASSWD: ALL\``;
  const next =
    code === 127
      ? 'Install sudo there, or name a login user that is root (user, sudo = no) in access.ini.'
      : /tty/.test(stderr)
        ? `Take requiretty away for this user there (visudo): \`Defaults:${user} !requiretty\`.`
        : `Let ${user} become root without a password there (visudo): ${rule}. A run has nobody who could type one.`;
  return { because: `sudo refuses (${seen})`, next };
}
