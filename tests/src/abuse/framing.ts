import { beforeAll, describe, expect, it } from "vitest";
import {
  type FramingCase,
  framingCases,
  keyPlaceholder,
  requestsWithin,
  smuggledRequest,
  splitRequests,
  type Verdict,
} from "./framing-cases.ts";
import { type RawAnswer, RawConnection } from "./raw-connection.ts";
import type { World } from "./world.ts";

const hidingPlaces = ["at once", "after the answer"] as const;
type HidingPlace = (typeof hidingPlaces)[number];

/** What a connection that sent a case's bytes came to. */
type Outcome = { answers: RawAnswer[]; text: string };

const followUp = "GET /health HTTP/1.1\r\nHost: gateway\r\nX-Request-Id: follow-up\r\n\r\n";

/** Every case of the corpus on its own connection, all of them at once, and again with a request hidden behind. */
export function testFraming(world: () => World): void {
  describe("raw HTTP", () => {
    const outcomes = new Map<string, Outcome>();
    const texts = { "at once": new Map<string, string>(), "after the answer": new Map<string, string>() };

    beforeAll(async () => {
      await warmUp(world());
      const plain = framingCases.map(async ({ title, bytes, verdict }) => {
        outcomes.set(title, await play(world(), bytes, verdict));
      });
      const hiding = hidingPlaces.flatMap((place) =>
        framingCases
          .filter((one) => endsItsConnection(one, place))
          .map(async (one) => texts[place].set(one.title, await playHiding(world(), one, place))),
      );
      await Promise.all([...plain, ...hiding]);
    });

    it.each(framingCases.map((one) => ({ ...one, said: say(one.verdict) })))(
      "$title · $said",
      ({ title, verdict }) => {
        const { answers, text } = outcomes.get(title) as Outcome;
        expect(answers.map(({ status }) => status)).toEqual(statusesOf(verdict));
        if (verdict.kind === "kept") {
          expect(answers[1]?.headers.get("x-request-id")).toBe("follow-up");
        } else if (verdict.kind === "closed" && verdict.code !== null) {
          expect(answers[0]?.body).toContain(`"code":"${verdict.code}"`);
          expect(answers[0]?.headers.get("connection")).toBe("close");
        } else if (verdict.kind === "cut") {
          expect(text).toBe("");
        }
      },
    );

    it.each(splitRequests)(
      "%s, cut at every byte · one answer, the same each time",
      async (_title, bytes, outcome) => {
        expect(await playSplit(world(), bytes, 32)).toEqual({ [outcome]: fill(bytes, world()).length - 1 });
      },
    );

    it.each(requestsWithin)(
      "a request in the body of a %s · is a body; the next request is answered as itself",
      async (_title, bytes) => {
        const text = await playWithin(world(), bytes);
        expect(text.match(/HTTP\/1\.1 \d{3}/g)).toHaveLength(2);
        expect(text).toContain("x-request-id: follow-up");
        expect(text).not.toContain("smuggled");
      },
    );

    it.each(hidingPlaces)(
      "a request behind a case that ends its connection, sent %s · is not answered, and reaches no provider",
      async (place) => {
        expect(texts[place].size).toBeGreaterThan(30);
        for (const [title, text] of texts[place]) {
          expect(text, title).not.toContain("smuggled");
          expect(text.match(/HTTP\/1\.1 [2-5]\d\d/g)?.length ?? 0, title).toBeLessThanOrEqual(1);
        }
        expect(await world().stack.mock.records("smuggled")).toEqual([]);
      },
    );
  });
}

/**
 * Sends a request cut in two at each of its bytes in turn, on a connection each, so many at a time. Counts what came
 * back: the status, and whether the connection went on.
 */
async function playSplit(world: World, bytes: string, atATime: number): Promise<Record<string, number>> {
  const whole = fill(bytes, world);
  const counts: Record<string, number> = {};
  const playAt = async (offset: number): Promise<void> => {
    await using connection = await RawConnection.open(world.stack.proxyUrl);
    await connection.sendApart([whole.slice(0, offset), whole.slice(offset)], 2);
    const [answer] = await connection.untilAnswers(1);
    const outcome = `${answer?.status} ${answer?.headers.get("connection") ?? "kept"}`;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  };
  for (let from = 1; from < whole.length; from += atATime) {
    const count = Math.min(atATime, whole.length - from);
    await Promise.all(Array.from({ length: count }, (_, index) => playAt(from + index)));
  }
  return counts;
}

/** The case's bytes with the workspace's key in its place. */
export function fill(bytes: string, { workspace }: World): string {
  return bytes.replaceAll(keyPlaceholder, workspace.apiKey);
}

/** The key is known before, so that no case waits for a look-up. */
async function warmUp({ stack, workspace }: World): Promise<void> {
  const headers = { authorization: `Bearer ${workspace.apiKey}` };
  await (await fetch(`${stack.proxyUrl}/v1/models`, { headers })).text();
}

async function play(world: World, bytes: string, verdict: Verdict): Promise<Outcome> {
  await using connection = await RawConnection.open(world.stack.proxyUrl);
  connection.send(fill(bytes, world));
  if (verdict.kind === "kept") {
    await connection.untilAnswers(1);
    connection.send(followUp);
    await connection.untilAnswers(2);
  } else {
    await connection.untilClosed();
  }
  return { answers: connection.answers(), text: connection.text };
}

async function playWithin(world: World, bytes: string): Promise<string> {
  await using connection = await RawConnection.open(world.stack.proxyUrl);
  connection.send(fill(bytes + smuggledRequest, world));
  await connection.untilText(/HTTP\/1\.1 \d{3}[\s\S]*\r\n\r\n/);
  connection.send(followUp);
  return await connection.untilText(/x-request-id: follow-up[\s\S]*\r\n\r\n/);
}

async function playHiding(world: World, { bytes }: FramingCase, when: HidingPlace): Promise<string> {
  await using connection = await RawConnection.open(world.stack.proxyUrl);
  const hidden = fill(smuggledRequest, world);
  if (when === "at once") {
    connection.send(fill(bytes, world) + hidden);
  } else {
    connection.send(fill(bytes, world));
    await connection.untilText(/HTTP\/1\.1 [2-5]\d\d[\s\S]*\r\n\r\n/);
    connection.send(hidden);
  }
  await connection.untilClosed();
  return connection.text;
}

function endsItsConnection({ verdict }: FramingCase, place: HidingPlace): boolean {
  return verdict.kind === "closed" || (verdict.kind === "cut" && place === "at once");
}

function statusesOf(verdict: Verdict): number[] {
  if (verdict.kind === "cut") return [];
  return verdict.kind === "kept" ? [verdict.status, 200] : [verdict.status];
}

function say(verdict: Verdict): string {
  switch (verdict.kind) {
    case "kept":
      return `${verdict.status}, and the connection goes on`;
    case "closed":
      return `${verdict.status}${verdict.code === null ? "" : ` ${verdict.code}`}, and the connection ends`;
    case "cut":
      return "the connection ends without an answer";
  }
}
