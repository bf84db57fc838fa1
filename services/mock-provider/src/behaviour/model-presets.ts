/** Model names with a behaviour of their own, for people who try the gateway by hand. Any other name answers plainly. */
export const modelPresets: Record<string, string> = {
  "mock-fast": "",
  "mock-demo": "latency=250&chunks=24&pace=40",
  "mock-slow": "latency=3000&chunks=24&pace=500",
  "mock-tools": "tool_calls=1",
  "mock-error": "status=500",
  "mock-rate-limited": "status=429&retry_after=2",
  "mock-cut": "cut=5",
};
