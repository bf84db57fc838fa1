import path from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** What the bootstrap downloads and locks; ignored by git and safe to delete. */
export const stateDirectory = path.join(root, ".perpetuo");
export const runtimeDirectory = path.join(stateDirectory, "runtime");
