import type { DraftRemark } from "@perpetuo/contracts/api/config";
import type { PolicyConfig, RouteConfig } from "@perpetuo/contracts/routing";

/** What a check found. Problems keep a snapshot from being published, warnings do not. */
export type Remarks = { problems: DraftRemark[]; warnings: DraftRemark[] };

type Remark = Pick<DraftRemark, "kind" | "field"> & {
  /** The rest of a sentence that begins with the route's or policy's name. */
  says: string;
};

export function onRoute({ route_id, name }: RouteConfig, { kind, field, says }: Remark): DraftRemark {
  return { kind, route_id, policy_id: null, field, message: `Route "${name}" ${says}` };
}

export function onPolicy({ policy_id, name }: PolicyConfig, { kind, field, says }: Remark): DraftRemark {
  return { kind, route_id: null, policy_id, field, message: `Policy "${name}" ${says}` };
}
