import { type TimeRange, timeRanges } from "../library/time-range.ts";
import { messages } from "../messages/messages.ts";
import { Select } from "./ui/select.tsx";

const text = messages.common.timeRange;
const options = timeRanges.map((value) => ({ value, label: text.ranges[value] }));

/** The one control for the range of time, at the same place on every page with figures. */
export function TimeRangeSelect({
  value,
  onChange,
}: {
  value: TimeRange;
  onChange: (range: TimeRange) => void;
}) {
  return <Select label={text.label} size="small" value={value} options={options} onChange={onChange} />;
}
