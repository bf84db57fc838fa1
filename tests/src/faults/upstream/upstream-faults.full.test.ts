import { describe } from "vitest";
import { blackHole, closedBeforeHead, connectionRefused } from "./connection.ts";
import { useWorld } from "./world.ts";

const world = useWorld();

describe("upstream faults", () => {
  connectionRefused(world, 200);
  blackHole(world);
  closedBeforeHead(world, 100);
});
