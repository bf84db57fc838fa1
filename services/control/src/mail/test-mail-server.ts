import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** What the server does with a client: takes its mail, refuses every recipient, or never says a word. */
export type MailServerBehaviour = "takes" | "refuses" | "silent";

/** A mail as it came in: the envelope's addresses and the text between DATA and the final dot. */
export type ReceivedMail = { from: string; to: string; data: string };

/** A mail server on a port of its own. For tests. */
export type TestMailServer = AsyncDisposable & { url: string; received: ReceivedMail[] };

export async function startTestMailServer(behaviour: MailServerBehaviour): Promise<TestMailServer> {
  const received: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    if (behaviour !== "silent") talk(socket, { behaviour, received });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** The part of SMTP (RFC 5321) that one mail needs. */
function talk(
  socket: Socket,
  { behaviour, received }: { behaviour: MailServerBehaviour; received: ReceivedMail[] },
): void {
  let mail: ReceivedMail = { from: "", to: "", data: "" };
  let readsData = false;
  let unread = "";
  const say = (line: string) => socket.write(`${line}\r\n`);
  const answer = (line: string): void => {
    const command = line.slice(0, 4).toUpperCase();
    if (command === "MAIL") mail = { from: addressIn(line), to: "", data: "" };
    if (command === "RCPT") mail.to = addressIn(line);
    if (command === "DATA") readsData = true;
    if (command === "RCPT" && behaviour === "refuses") say("550 No such mailbox");
    else if (command === "DATA") say("354 Go on");
    else if (command === "QUIT") socket.end("221 Bye\r\n");
    else say("250 Fine");
  };
  say("220 test");
  socket.on("data", (chunk) => {
    unread += chunk.toString("utf8");
    for (let end = unread.indexOf("\r\n"); end !== -1; end = unread.indexOf("\r\n")) {
      const line = unread.slice(0, end);
      unread = unread.slice(end + 2);
      if (!readsData) {
        answer(line);
      } else if (line === ".") {
        readsData = false;
        received.push(mail);
        say("250 Taken");
      } else {
        mail.data += `${line}\n`;
      }
    }
  });
}

function addressIn(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? "";
}
