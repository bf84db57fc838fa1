import { describe, expect, it } from "vitest";
import { BenchError } from "../bench-error.ts";
import { parseWrkOutput } from "./wrk-result.ts";
import { wrkScript } from "./wrk-script.ts";

const output = `Running 4s test @ http://127.0.0.1:40001/v1/chat/completions
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.31ms  420.10us  11.07ms   90.12%
    Req/Sec    49.41k     2.11k   53.20k    75.00%
  197632 requests in 4.00s, 210.11MB read
Requests/sec:  49408.00
Transfer/sec:     52.53MB
perpetuo-bench {"requests":197632,"duration":4000123,"p50":1021.0,"p99":11070.0,"p999":12000.0,"status_errors":2,"socket_errors":1}
`;

describe("parseWrkOutput", () => {
  it("the script's line · seconds and milliseconds", () => {
    expect(parseWrkOutput(output)).toEqual({
      requests: 197_632,
      seconds: 4.000123,
      p50_ms: 1.021,
      p99_ms: 11.07,
      p999_ms: 12,
      status_errors: 2,
      socket_errors: 1,
    });
  });

  it("no such line · an error that quotes what wrk said", () => {
    const refused = "unable to connect to 127.0.0.1:40001 Connection refused\n";
    expect(() => parseWrkOutput(refused)).toThrow(BenchError);
    expect(() => parseWrkOutput(refused)).toThrow("Connection refused");
  });

  it("a line that lacks a number · an error that names it", () => {
    expect(() => parseWrkOutput('perpetuo-bench {"requests":5,"duration":4000000}')).toThrow("p50");
  });
});

describe("wrkScript", () => {
  it("body · quotes, backslashes, line feeds and other bytes are Lua escapes", () => {
    const script = wrkScript({
      headers: { authorization: "Bearer pk_1" },
      body: '{"a":"\\n é"}\n',
      keys: null,
    });
    expect(script).toContain('wrk.headers["authorization"] = "Bearer pk_1"');
    expect(script).not.toContain("function request");
    expect(script).toContain('wrk.body = "{\\034a\\034:\\034\\092n \\195\\169\\034}\\010"');
  });

  it("many keys · each request takes one from the file", () => {
    const random = wrkScript({ headers: {}, body: "{}", keys: { file: "/tmp/keys", order: "random" } });
    expect(random).toContain('io.lines("/tmp/keys")');
    expect(random).toContain("turn = math.random(#keys)");
    const inTurn = wrkScript({ headers: {}, body: "{}", keys: { file: "/tmp/keys", order: "in turn" } });
    expect(inTurn).toContain("turn = turn % #keys + 1");
  });
});
