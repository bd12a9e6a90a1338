/**
 * Names and passwords inside a lab. They guard nothing: every lab has the same ones, on addresses that exist on one machine.
 * Handed over in environments all the same, so that what is practised here is what is done elsewhere.
 */
export const LAB_USERS = {
  /** Of the database; a blank node's root has none yet. */
  ROOT_PASSWORD: 'practice4root',
  GALERA_USER: 'pfcluster',
  GALERA_PASSWORD: 'practice4galera',
  DB_USER: 'pf',
  DB_PASSWORD: 'practice4pf',
  WEBSERVICES_USER: 'webservices',
  WEBSERVICES_PASSWORD: 'practice4webservices',
} as const;

export const WRITER = { user: 'lab_writer', password: 'practice4writer' } as const;
