/** Something that is in at most one bag. `place` is the bag's to write; -1 outside of it. */
export type Placed = { place: number };

/**
 * An unordered collection of things that come and go with requests. A built-in `Set` keeps its members from dying
 * young: after every few removals it moves to a new table, and the table before it, in the old generation by then,
 * refers to whatever it held until the next full collection. Each scavenge would copy all of a request's objects.
 */
export class Bag<TMember extends Placed> {
  private readonly members: TMember[] = [];

  get size(): number {
    return this.members.length;
  }

  /** Takes in a member that is in no bag. */
  add(member: TMember): void {
    member.place = this.members.length;
    this.members.push(member);
  }

  /** Lets a member go; one that is not in the bag is ignored. */
  remove(member: TMember): void {
    const { place } = member;
    if (place === -1) return;
    member.place = -1;
    const last = this.members.pop() as TMember;
    if (last === member) return;
    last.place = place;
    this.members[place] = last;
  }

  /** The members of which `test` holds, as they are now. */
  filter(test: (member: TMember) => boolean): TMember[] {
    return this.members.filter(test);
  }
}
