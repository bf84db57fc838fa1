import type { Target } from "@perpetuo/gateway/routing/target";
import { openProviderKey, unwrapDataKey } from "@perpetuo/security/envelope";
import type { MasterKeyring } from "@perpetuo/security/master-key";

/** Opens a target's credential with its workspace's data key. Throws when either was sealed under other keys. */
export function openTargetSecret({ providerKey, dataKey }: Target, keyring: MasterKeyring): string {
  if (dataKey === null) throw new Error(`data key ${providerKey.key_id} is missing`);
  const plain = unwrapDataKey(dataKey, keyring);
  try {
    return openProviderKey({ dataKey: plain, context: providerKey, ciphertext: providerKey.ciphertext });
  } finally {
    plain.fill(0);
  }
}
