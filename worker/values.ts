/** What a value of access.ini may be. Messages: cause, and the remedy as a second sentence, without its full stop. */
import { z } from 'zod';

export const text = z.string().min(1, 'has no value. Give it one, or remove the line');
export const yesOrNo = z
  .enum(['yes', 'no', 'true', 'false'], { error: 'is neither yes nor no' })
  .transform((value) => value === 'yes' || value === 'true');
export const port = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, 'is no port. Write a number from 1 to 65535')
  .transform(Number)
  .refine((number) => number <= 65535, 'is no port. Write a number from 1 to 65535');
export const reference = z
  .string()
  .regex(
    /^(env:[A-Za-z_]\w*|file:.+|exec:.+)$/s,
    'must be a reference (env:NAME, file:PATH or exec:COMMAND), never the secret itself',
  );
export const jumpHosts = z.string().transform((text, context) =>
  text.split(',').map((hop) => {
    const {
      user,
      host = '',
      at = '22',
    } = /^(?:(?<user>[^\s@:]+)@)?(?<host>[A-Za-z0-9][A-Za-z0-9.-]*)(?::(?<at>[1-9]\d{0,4}))?$/.exec(hop.trim())
      ?.groups ?? {};
    if (!host || Number(at) > 65535)
      context.addIssue({
        code: 'custom',
        message: 'is no way through jump hosts. Write user@host:port, and a comma between two',
      });
    return { user, host, port: Number(at) };
  }),
);
