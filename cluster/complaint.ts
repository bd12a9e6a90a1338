/** What is wrong with a file that a person wrote. */
export interface Complaint {
  /** An error: PacketFence or a runbook would do something else than the file seems to say. */
  readonly level: 'error' | 'warning';
  /** Where it may be one of several: "networks.conf". */
  readonly file?: string;
  /** From 1; 0: of the file as a whole. */
  readonly line: number;
  readonly cause: string;
  readonly remedy: string;
  /** Nothing is wrong with what is there: something is missing. */
  readonly lack?: true;
}

export const error = (line: number, cause: string, remedy: string): Complaint => ({
  level: 'error',
  line,
  cause,
  remedy,
});
export const warning = (line: number, cause: string, remedy: string): Complaint => ({
  ...error(line, cause, remedy),
  level: 'warning',
});
export const lack = (complaint: Complaint): Complaint => ({ ...complaint, lack: true });

/** "line 3: cause. remedy." */
export function complaintInWords({ level, file, line, cause, remedy }: Complaint): string {
  const where = [file, line > 0 && `line ${line}`].filter(Boolean).join(' ');
  return `${where && `${where}: `}${level === 'warning' ? 'warning: ' : ''}${cause}. ${remedy}.`;
}
