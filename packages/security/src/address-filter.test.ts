import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";
import { internalUrls, malformedUrls } from "./address-filter.test-corpus.ts";
import { checkAddress, checkBaseUrl } from "./address-filter.ts";

/** Base and prefix length of the IPv4 networks that customers meet inside. */
const internalNetworks = [
  [0x00_00_00_00, 8],
  [0x0a_00_00_00, 8],
  [0x64_40_00_00, 10],
  [0x7f_00_00_00, 8],
  [0xa9_fe_00_00, 16],
  [0xac_10_00_00, 12],
  [0xc0_a8_00_00, 16],
] as const;

const strict = { allowPrivate: false };
const lax = { allowPrivate: true };

describe("checkBaseUrl", () => {
  it.each(internalUrls)("%s · is refused", (url) => {
    expect(checkBaseUrl(url, strict)).toMatchObject({ kind: "refused" });
  });

  it.each(malformedUrls)("%j · is refused, also where private addresses are allowed", (url) => {
    expect(checkBaseUrl(url, strict)).toMatchObject({ kind: "refused" });
    expect(checkBaseUrl(url, lax)).toMatchObject({ kind: "refused" });
  });

  it.each([
    ["https://api.openai.com/v1", "https://api.openai.com"],
    ["https://API.Example.com:443/", "https://api.example.com"],
    ["https://llm.example.co.uk:8443/openai/v1", "https://llm.example.co.uk:8443"],
    ["https://bücher.example", "https://xn--bcher-kva.example"],
    ["https://1.1.1.1", "https://1.1.1.1"],
    ["https://[2606:4700:4700::1111]/v1", "https://[2606:4700:4700::1111]"],
    ["https://172.32.0.1", "https://172.32.0.1"],
  ])("%s · is allowed", (url, origin) => {
    expect(checkBaseUrl(url, strict)).toEqual({ kind: "allowed", origin });
  });

  it.each([
    "http://api.example.com/v1",
    "https://example.com:25",
    "https://example.com:80",
    "https://example.com:22",
  ])("%s · needs the operator's permission", (url) => {
    expect(checkBaseUrl(url, strict)).toMatchObject({ kind: "refused" });
    expect(checkBaseUrl(url, lax)).toMatchObject({ kind: "allowed" });
  });

  it.each([
    "http://127.0.0.1:11434/v1",
    "http://localhost:8000",
    "http://ollama:11434",
    "http://10.1.2.3",
    "http://[::1]:8080",
    "http://[fd12:3456::1]",
    "http://100.64.0.1",
    "http://llm.internal",
  ])("%s · is allowed where private addresses are", (url) => {
    expect(checkBaseUrl(url, lax)).toMatchObject({ kind: "allowed" });
  });

  it.each([
    "http://169.254.169.254",
    "http://0xa9fea9fe",
    "http://[::ffff:169.254.169.254]",
    "http://168.63.129.16",
    "http://100.100.100.200",
    "http://[fd00:ec2::254]",
    "http://metadata.google.internal",
    "http://0.0.0.0",
    "http://224.0.0.1",
    "http://255.255.255.255",
    "http://[64:ff9b::a9fe:a9fe]",
    "http://[2002:a9fe:a9fe::1]",
  ])("%s · is refused even where private addresses are allowed", (url) => {
    expect(checkBaseUrl(url, lax)).toMatchObject({ kind: "refused" });
  });

  it("refusal · says what to do", () => {
    expect(checkBaseUrl("http://api.example.com", strict)).toEqual({ kind: "refused", reason: "Use https." });
    expect(checkBaseUrl("https://10.0.0.1", strict)).toMatchObject({
      reason: expect.stringContaining("PERPETUO_ALLOW_PRIVATE_UPSTREAMS=true"),
    });
  });

  it("any text · gets a verdict, never an exception", () => {
    const urlLike = fc.tuple(
      fc.constantFrom("https://", "http://", "https:", ""),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(urlLike, ([scheme, rest]) => {
        expect(["allowed", "refused"]).toContain(checkBaseUrl(scheme + rest, strict).kind);
      }),
      { numRuns: 1_000 },
    );
  });

  it("any private IPv4 address, however written · is refused", () => {
    const privateAddress = fc
      .tuple(fc.constantFrom(...internalNetworks), fc.nat({ max: 2 ** 32 - 1 }))
      .map(([[base, bits], random]) => base + (random % 2 ** (32 - bits)));
    fc.assert(
      fc.property(privateAddress, (address) => {
        const octets = [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff);
        const hex = (value: number) => value.toString(16);
        const spellings = [
          octets.join("."),
          String(address),
          `0x${hex(address)}`,
          `0${address.toString(8)}`,
          octets.map((octet) => `0x${hex(octet)}`).join("."),
          octets.map((octet) => `0${octet.toString(8)}`).join("."),
          `[::ffff:${octets.join(".")}]`,
          `[64:ff9b::${octets.join(".")}]`,
          `[2002:${hex(address >>> 16)}:${hex(address & 0xffff)}::1]`,
        ];
        for (const spelling of spellings) {
          expect([spelling, checkBaseUrl(`https://${spelling}`, strict).kind]).toEqual([spelling, "refused"]);
        }
      }),
    );
  });
});

describe("address that is dialled", () => {
  it.each([
    "1.1.1.1",
    "8.8.8.8",
    "172.15.255.255",
    "192.169.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
  ])("%s · is public", (address) => {
    expect(checkAddress(address, strict)).toEqual({ kind: "allowed" });
  });

  it.each([
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "fe80::1%eth0",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "4000::1",
  ])("%s · is not public", (address) => {
    expect(checkAddress(address, strict)).toMatchObject({ kind: "refused" });
  });

  it.each([
    "",
    "localhost",
    "127.1",
    "0x7f.1",
    "0177.0.0.1",
    "2130706433",
    "8.8.8.8 ",
    "[::1]",
    "1.1.1.1:443",
    "1.1.1",
  ])("%j · is no canonical address, so it is refused", (text) => {
    expect(checkAddress(text, lax)).toMatchObject({ kind: "refused" });
  });

  it("private network · is dialled where the operator allows it, metadata services never", () => {
    expect(checkAddress("10.0.0.1", lax)).toEqual({ kind: "allowed" });
    expect(checkAddress("169.254.169.254", lax)).toMatchObject({ kind: "refused" });
    expect(checkAddress("fd00:0ec2:0:0:0:0:0:254", lax)).toMatchObject({ kind: "refused" });
  });

  it("any IPv4 address · has the same verdict in its mapped form", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const mapped = ipaddr.IPv4.parse(address).toIPv4MappedAddress().toString();
        expect(checkAddress(mapped, strict).kind).toBe(checkAddress(address, strict).kind);
      }),
    );
  });

  it("any IPv6 address outside 2000::/3 · is not public, unless it is a mapped IPv4 address", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const address = ipaddr.fromByteArray([...bytes]);
        fc.pre(address instanceof ipaddr.IPv6 && ((bytes[0] ?? 0) & 0xe0) !== 0x20);
        expect(checkAddress(address.toString(), strict).kind).toBe("refused");
      }),
    );
  });
});
