/**
 * `pfrunbook completion SHELL`: a script that asks `pfrunbook complete` at each press of TAB. What was typed is handed over as
 * arguments: it is never evaluated, nor is anything that comes back.
 */
import { type ExitCode, exits } from '../exit.js';

/** `complete` prints "word<tab>description" lines. */
const scripts = {
  bash: `_pfrunbook() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(pfrunbook complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _pfrunbook pfrunbook`,

  zsh: `#compdef pfrunbook
_pfrunbook() {
  local line
  local -a found
  for line in "\${(@f)$(pfrunbook complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("\${line/$'\\t'/:}")
  done
  (( $#found )) && _describe -V pfrunbook found
}
if [[ $funcstack[1] = _pfrunbook ]]; then _pfrunbook "$@"; else compdef _pfrunbook pfrunbook; fi`,

  fish: `function __pfrunbook
  set -l before (commandline -opc)
  pfrunbook complete -- $before[2..] (commandline -ct) 2>/dev/null
end
complete -c pfrunbook -f -k -a '(__pfrunbook)'`,
} as const;

export async function completion(shell: keyof typeof scripts): Promise<ExitCode> {
  console.log(scripts[shell]);
  return exits.done;
}
