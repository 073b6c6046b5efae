/** etcd names a lease by a signed number, which it shows as decimal text; here they are the same 64 bits as digits. */
export function etcdLeaseOf(lease: string): string {
  return BigInt.asIntN(64, BigInt(`0x${lease}`)).toString();
}

const DIGITS = 16;

export function leaseOfEtcd(id: string): string {
  return BigInt.asUintN(64, BigInt(id)).toString(16).padStart(DIGITS, '0');
}
