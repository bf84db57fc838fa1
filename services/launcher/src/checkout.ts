import path from "node:path";

/** The folder that holds package.json, `services/` and `drizzle/`. */
export const checkout = path.resolve(import.meta.dirname, "../../..");
