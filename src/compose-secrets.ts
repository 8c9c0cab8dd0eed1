/** Secrets: those that nobody configured are made once and kept in the data folder, readable by its owner alone. */
import { createPrivateKey, randomBytes, sign } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SkAdNetworkSigner } from './bidding/skadnetwork.ts';
import type { Account } from './campaign/campaign.ts';

/** The text in `file` of the folder; made with 32 random bytes where it is missing. */
export function keptSecret(directory: string, file: string): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, file);
  try {
    // Two processes that start at once must not both win: the second one's write fails, and it reads the first one's.
    writeFileSync(path, randomBytes(32).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8').trim();
}

export function passingSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** @throws Error for a key that cannot be read, or is not on the curve P-256. */
export function skAdNetworkSigner(
  account: Account['skadnetwork'],
  folder: string,
): SkAdNetworkSigner | undefined {
  if (!account) return undefined;
  const file = resolve(folder, account.privateKeyFile);
  const key = createPrivateKey(readFileSync(file));
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new Error(`${file} is no private key on the curve P-256`);
  return {
    networkId: account.networkId,
    registryNumber: account.registryNumber,
    sign: (text) => sign('sha256', Buffer.from(text, 'utf8'), key).toString('base64'),
  };
}
