/** Why a password cannot be PacketFence's: words that never hold it. Empty: it can. */

/** It ends in mariadb.conf as "user:password", and from there in the copying script's hands (guide 3.2, 3.4.1). */
export function replicationPasswordComplaints(password: string): readonly string[] {
  return [
    ...(/^[A-Za-z0-9]*$/.test(password)
      ? []
      : [
          'the replication password holds more than letters and digits, which full copies do not survive. Make another',
        ]),
    ...(password === 'aMuchMoreSecurePassword'
      ? ['the replication password is the guide’s example. Make your own']
      : []),
    ...(password === '' ? ['the replication password is empty. Make one'] : []),
  ];
}

/** Basic authentication of httpd.webservices; `cluster/sync` takes both as arguments (guide 3.5.1). */
export function webservicesComplaints({
  user,
  password,
}: {
  readonly user: string;
  readonly password: string;
}): readonly string[] {
  return [
    ...(/^[^\s:]+$/.test(user)
      ? []
      : ['the user of the webservices holds a blank or a colon, or nothing. Choose another']),
    ...(password === '' ? ['the password of the webservices is empty, and every call would be refused. Make one'] : []),
    ...(user === 'packet' && password === 'fence'
      ? ['user and password of the webservices are the guide’s example. Make your own']
      : []),
    ...inFile('the password of the webservices', password),
  ];
}

/** keepalived's auth_pass: it uses the first eight characters, and reads # and ! as comments (guide 3.6). */
export function keepalivedPasswordComplaints(password: string): readonly string[] {
  return [
    ...(/^[!-~]*$/.test(password) && !/["'#!;{}]/.test(password)
      ? []
      : [
          'the shared secret of keepalived holds more than plain characters (no blanks, quotes, braces, #, ! or ;). Make another',
        ]),
    ...(password.length > 8 ? ['keepalived uses the first 8 characters of its shared secret only. Make one of 8'] : []),
    ...(password === '' || password === '1234'
      ? ['the shared secret of keepalived is everybody’s (1234). Make your own']
      : []),
  ];
}

/** What a value in one of PacketFence's files cannot be. */
function inFile(what: string, value: string): readonly string[] {
  return /[\r\n]|^\s|\s$|^<<|\[%/.test(value)
    ? [
        `${what} begins or ends with a blank, or holds a line end, "<<" at its beginning or "[%": PacketFence would read another. Make another`,
      ]
    : [];
}
