import { createLogger } from "@perpetuo/runtime/logger";
import { afterEach, expect, test } from "vitest";
import { createMailer } from "./mailer.ts";
import { type MailServerBehaviour, startTestMailServer, type TestMailServer } from "./test-mail-server.ts";

const logger = createLogger({ service: "test", level: "silent" });
const mail = { to: "ada@example.com", subject: "A subject", text: "Zwölf Boxkämpfer\n.\nthe end\n" };

let server: TestMailServer | null = null;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = null;
});

async function mailerFor(behaviour: MailServerBehaviour, timeoutMs?: number) {
  server = await startTestMailServer(behaviour);
  const settings = { url: server.url, from: "Perpetuo <perpetuo@example.com>" };
  return createMailer({ settings, logger, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

test("mailer.send · sent, with sender, recipient, subject and the whole text", async () => {
  const mailer = await mailerFor("takes");
  expect(await mailer.send(mail)).toEqual({ kind: "sent" });
  const [received] = server?.received ?? [];
  expect(received).toMatchObject({ from: "perpetuo@example.com", to: "ada@example.com" });
  expect(received?.data).toContain("Subject: A subject");
  expect(received?.data).toContain("Zw=C3=B6lf Boxk=C3=A4mpfer");
  expect(received?.data).toContain("the end");
});

test("mailer.send · one recipient, whatever the address looks like", async () => {
  const mailer = await mailerFor("takes");
  await mailer.send({ ...mail, to: "ada@example.com>, <eve@example.com" });
  expect(server?.received.map(({ to }) => to)).not.toContain("eve@example.com");
});

test("mailer.send · failed when the server refuses", async () => {
  expect(await (await mailerFor("refuses")).send(mail)).toEqual({ kind: "failed" });
});

test("mailer.send · failed when the server says nothing, instead of waiting for it", async () => {
  expect(await (await mailerFor("silent", 100)).send(mail)).toEqual({ kind: "failed" });
});

test("mailer.send · failed when nobody listens", async () => {
  const mailer = await mailerFor("takes");
  await server?.[Symbol.asyncDispose]();
  server = null;
  expect(await mailer.send(mail)).toEqual({ kind: "failed" });
});

test("mailer.send · not-configured without a mail server", async () => {
  expect(await createMailer({ settings: null, logger }).send(mail)).toEqual({ kind: "not-configured" });
});
