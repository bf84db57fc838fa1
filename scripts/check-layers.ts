import path from "node:path";
import { findViolations } from "./layers/rules.ts";
import { readWorkspaces } from "./layers/workspaces.ts";

const root = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, ".."));
const workspaces = readWorkspaces(root);
const violations = findViolations(root, workspaces);
for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exitCode = 1;
else console.log(`Layers: ${workspaces.length} workspaces import downwards only.`);
