/** The trivial change, the same for every contender. Pure: the workflow bundle loads it. */

export const stepCount = 20;
const file = '/run/pfrunbook-bench';

export const trivialChange = (mark: string): string => `echo ${mark} >${file}`;
export const trivialWanted = (mark: string): string => `[ "$(cat ${file} 2>/dev/null)" = ${mark} ]`;
