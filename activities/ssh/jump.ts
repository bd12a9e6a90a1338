/** Through a jump host: what it forwards is an ordinary connection to the next host. */
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { Unreachable } from '../errors.js';
import type { Target } from './target.js';

const prohibited = 1; // RFC 4254, 5.1: SSH_OPEN_ADMINISTRATIVELY_PROHIBITED

type Place = Pick<Target, 'address' | 'port'>;

/** A connection from the jump host to the target. Throws Unreachable. */
export function throughJump(via: Client, { node, address, port }: Target): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const at = `${address} port ${port}`;
    const lost = () =>
      reject(new Unreachable(node, 'the connection to its jump host was lost', 'Is the jump host up?'));
    via.once('close', lost);
    via.forwardOut('127.0.0.1', 0, address, port, (error: (Error & { reason?: number }) | undefined, stream) => {
      via.off('close', lost);
      if (!error) {
        stream.once('end', () => stream.destroy()); // it stays half open else, and nobody is told that the node is gone
        return resolve(stream);
      }
      reject(
        error.reason === prohibited
          ? new Unreachable(
              node,
              `its jump host may not forward to ${at}`,
              'Allow it in the sshd_config of the jump host (AllowTcpForwarding, PermitOpen), or for our key there.',
              true,
            )
          : new Unreachable(node, `its jump host gets no connection to ${at} (${error.message})`, 'Is the node up?'),
      );
    });
  });
}

/** For a program that knows no jump hosts: a port of this machine that leads to the target while `act` runs. */
export async function withRelay<T>(
  via: Client | undefined,
  target: Target,
  act: (at: Place) => Promise<T>,
): Promise<T> {
  if (!via) return act(target);
  const server = createServer((near) => {
    near.on('error', () => undefined);
    throughJump(via, target).then(
      (far) =>
        near
          .pipe(far)
          .on('error', () => undefined)
          .pipe(near),
      () => near.destroy(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('not a TCP server');
    return await act({ address: '127.0.0.1', port: address.port });
  } finally {
    server.close();
  }
}
