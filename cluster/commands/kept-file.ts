/** Words of sh for a change of a file: what was there is kept once for the run, and can be put back. */
import { quote } from './quote.js';
import { lines } from './shell.js';

/** Where a run keeps a node's file as it was before its first change of it. Root only: pf.conf holds passwords. */
const keptCopy = (run: string, path: string): string => `/var/lib/pfrunbook/files/${run.replaceAll('/', '-')}${path}`;

/** For a script with several files: from here on `keep` and `put` mean this one. */
export const inTurn = (run: string, path: string): string => `file=${quote(path)}; kept=${quote(keptCopy(run, path))}`;

/** keep: copies the file once; a file that was not there leaves a mark. put: what it reads takes the file's place at once, with its owner and mode. */
export const keepAndPut = (run: string, path: string): string => {
  return lines(
    inTurn(run, path),
    `keep() { [ -e "$kept" ] || [ -e "$kept.absent" ] || {
  mkdir -p "$(dirname "$kept")" && chmod 700 /var/lib/pfrunbook/files || return 1
  if [ -e "$file" ]; then cp -p "$file" "$kept.new" && sync "$kept.new" && mv "$kept.new" "$kept"; else : >"$kept.absent"; fi
}; }`,
    // pf:pf 0664 is what PacketFence gives its own files.
    `put() { ( umask 077; cat >"$file.pfrunbook" ) && if [ -e "$file" ]; then chown --reference="$file" "$file.pfrunbook" && chmod --reference="$file" "$file.pfrunbook"; else chown pf:pf "$file.pfrunbook" && chmod 664 "$file.pfrunbook"; fi && sync "$file.pfrunbook" && mv "$file.pfrunbook" "$file"; }`,
  );
};

/** Puts back what `keep` kept. */
export const restoreKept = (run: string, path: string) => {
  const words = inTurn(run, path);
  return {
    script: lines(
      words,
      'if [ -e "$kept" ]; then cp -p "$kept" "$file.pfrunbook" && sync "$file.pfrunbook" && mv "$file.pfrunbook" "$file"; elif [ -e "$kept.absent" ]; then rm -f "$file"; fi',
    ),
    wanted: `${words}; if [ -e "$kept" ]; then cmp -s "$kept" "$file"; else [ ! -e "$kept.absent" ] || [ ! -e "$file" ]; fi`,
  };
};
