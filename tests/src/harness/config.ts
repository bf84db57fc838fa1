/** The variables that a started service inherits: what finds programs and folders, and nothing that configures Perpetuo. */
const inheritedNames = ["PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH"];

/** The environment that every service of a test starts from. */
export function inheritedEnvironment(): Record<string, string> {
  return Object.fromEntries(
    inheritedNames.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The proxy's log level in tests; `debug` helps when one fails. */
export function proxyLogLevel(): string {
  return process.env["PERPETUO_TEST_LOG_LEVEL"] ?? "info";
}
