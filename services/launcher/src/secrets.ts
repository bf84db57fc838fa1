import { randomBytes } from "node:crypto";
import path from "node:path";
import { StartError } from "@perpetuo/runtime/start-error";
import { generateMasterKeyText } from "@perpetuo/security/master-key";
import { z } from "zod";
import { readStateFile, writeStateFile } from "./state-files.ts";

const passwordSchema = z.string().min(32);
const secretsSchema = z.strictObject({
  /** 32 bytes, base64. Without it the stored provider keys cannot be read. */
  master_key: z.string().min(1),
  role_passwords: z.strictObject({
    perpetuo_control: passwordSchema,
    perpetuo_proxy: passwordSchema,
    perpetuo_worker: passwordSchema,
  }),
});

/** What `npm start` makes up for the services when the environment does not say it. */
export type Secrets = z.infer<typeof secretsSchema>;

/**
 * Reads `secrets.json` of the data folder, or makes it on the first start.
 * @throws {StartError} when the file is there and damaged: new secrets would lock the stored provider keys for good.
 */
export function loadOrCreateSecrets(dataDir: string): Secrets {
  const file = path.join(dataDir, "secrets.json");
  const stored = readStateFile(file);
  if (stored.kind !== "missing") {
    const parsed = secretsSchema.safeParse(stored.value);
    if (parsed.success) return parsed.data;
    throw new StartError(
      `${file} is damaged. Restore it from a backup, or move ${dataDir} away to start afresh without its data.`,
    );
  }
  const secrets: Secrets = {
    master_key: generateMasterKeyText(),
    role_passwords: {
      perpetuo_control: randomPassword(),
      perpetuo_proxy: randomPassword(),
      perpetuo_worker: randomPassword(),
    },
  };
  writeStateFile(file, secrets);
  return secrets;
}

function randomPassword(): string {
  return randomBytes(24).toString("hex");
}
