import path from "node:path";
import { findBrokenLinks, markdownFiles } from "./docs/links.ts";

const root = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, ".."));
const files = markdownFiles(root);
const broken = files.flatMap((file) => findBrokenLinks(root, file));
for (const sentence of broken) console.error(sentence);
if (broken.length > 0) process.exitCode = 1;
else console.log(`Links: all in ${files.length} documents lead somewhere.`);
