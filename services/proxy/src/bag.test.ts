import { describe, expect, test } from "vitest";
import { Bag, type Placed } from "./bag.ts";

type Named = Placed & { name: string };

const named = (name: string): Named => ({ name, place: -1 });

function filled(names: string) {
  const members = [...names].map(named);
  const bag = new Bag<Named>();
  for (const member of members) bag.add(member);
  const rest = () =>
    bag
      .filter(() => true)
      .map(({ name }) => name)
      .sort()
      .join("");
  return { bag, members, rest };
}

describe("Bag", () => {
  test.each([
    ["a", "bcd"],
    ["b", "acd"],
    ["d", "abc"],
    ["ad", "bc"],
    ["da", "bc"],
    ["abcd", ""],
    ["dcba", ""],
  ])("remove %s of abcd · %s are left", (removed, left) => {
    const { bag, members, rest } = filled("abcd");
    for (const name of removed) bag.remove(members.find((member) => member.name === name) as Named);
    expect([rest(), bag.size]).toEqual([left, left.length]);
  });

  test("remove · twice is once, and a member can come back", () => {
    const { bag, members, rest } = filled("abc");
    const [first] = members as [Named];
    bag.remove(first);
    bag.remove(first);
    expect(rest()).toBe("bc");
    bag.add(first);
    expect(rest()).toBe("abc");
  });

  test("filter · only those that it holds for", () => {
    const { bag } = filled("abc");
    expect(bag.filter(({ name }) => name > "a")).toHaveLength(2);
  });
});
