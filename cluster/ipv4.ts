/** IPv4 addresses, masks and networks: "192.0.2.11", "255.255.255.0", "192.0.2.0/24". */

/** PacketFence's own check takes 10.78.0.999 for one. */
export function isIp(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
}

/** Of an address (isIp): what it is in a row with others. */
export function toNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** "255.255.255.0" -> 24; undefined: no mask. */
export function prefixOf(mask: string): number | undefined {
  if (!isIp(mask)) return undefined;
  const bits = toNumber(mask).toString(2).padStart(32, '0');
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined;
}

/** "192.0.2.11", 24 -> "192.0.2.0/24" */
export function networkOf(address: string, prefix: number): string {
  const size = 2 ** (32 - prefix);
  return `${fromNumber(Math.floor(toNumber(address) / size) * size)}/${prefix}`;
}

export function liesIn(address: string, network: string): boolean {
  return isIp(address) && networkOf(address, Number(network.split('/')[1])) === network;
}

/** One of them lies in the other. */
export function overlap(a: string, b: string): boolean {
  return liesIn(firstOf(a), b) || liesIn(firstOf(b), a);
}

/** "192.0.2.0/24" -> "192.0.2.0": its own name, no machine's. */
export const firstOf = (network: string): string => network.split('/')[0] ?? '';

/** "192.0.2.0/24" -> "192.0.2.255": the broadcast address. */
export function lastOf(network: string): string {
  return fromNumber(toNumber(firstOf(network)) + 2 ** (32 - Number(network.split('/')[1])) - 1);
}

const fromNumber = (n: number): string => [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.');
