import fs from "node:fs";

/** A failure that is explained to the person at the terminal in its message, without a stack. */
export class BootstrapError extends Error {
  name = "BootstrapError";
}

const network =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT)\b/;
const permission = /\b(EACCES|EPERM|EROFS)\b/;

/**
 * Turns npm's output, or a file system error's code, into one sentence that says what to do.
 * @param {string} what what was being done, such as "install the packages"
 * @param {string} output npm's output or the error's text
 * @param {string} directory where it was being done
 */
export function explainFailure(what, output, directory) {
  if (/\bENOSPC\b/.test(output) || diskIsFull(directory)) {
    return `Could not ${what}: the disk of ${directory} is full. Free about 1 GB, then run the command again.`;
  }
  if (permission.test(output)) {
    return `Could not ${what}: no permission to write in ${directory}, or in npm's cache. Give this user the folder, or run the command as its owner.`;
  }
  if (network.test(output)) {
    return `Could not ${what}: the package registry cannot be reached. Check the network or npm's proxy and registry settings, then run the command again.`;
  }
  return `Could not ${what}:\n${output.trim().split("\n").slice(-15).join("\n")}`;
}

/** npm leaves truncated files behind without a word when the disk fills while it unpacks. */
function diskIsFull(directory) {
  const { bavail, bsize } = fs.statfsSync(directory);
  return bavail * bsize < 50_000_000;
}
