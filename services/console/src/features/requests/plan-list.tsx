import type { LogDetail } from "@perpetuo/contracts/api/logs";
import { Check, Minus } from "lucide-react";
import { messages } from "../../messages/messages.ts";

const text = messages.requestDetail;

type PlanListProps = {
  plan: LogDetail["plan"];
  labelOfProviderKey: (providerKeyId: string) => string;
};

/** Which candidates the gateway looked at, in order, and why each was chosen or passed over. */
export function PlanList({ plan, labelOfProviderKey }: PlanListProps) {
  if (plan.length === 0) return <p className="text-sm text-muted">{text.noPlan}</p>;
  return (
    <ol className="flex flex-col gap-2.5 text-sm">
      {plan.map((candidate, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a candidate's place in the plan is its identity.
        <li key={index} className="flex gap-2.5">
          {candidate.verdict === "target" ? (
            <Check aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-success" />
          ) : (
            <Minus aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-faint" />
          )}
          <p className="min-w-0 break-words">
            <span className="font-medium">{labelOfProviderKey(candidate.provider_key_id)}</span>{" "}
            <span className="text-muted">{candidate.upstream_model}</span>
            <span className="block text-muted">
              {text.verdicts[candidate.verdict]}: {candidate.reason}
            </span>
          </p>
        </li>
      ))}
    </ol>
  );
}
