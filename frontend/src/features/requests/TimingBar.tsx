import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { formatDuration } from "../../lib/format";
import { SplitBar } from "../../ui/SplitBar";

const TimingBarFragment = graphql(`
  fragment TimingBar on Request {
    durationMs
    waitedMs
    timeToFirstByteMs
    streamed
  }
`);

/** The duration of a request: the wait for limits, time to first byte, and the rest. */
export function TimingBar(props: { request: FragmentType<typeof TimingBarFragment> }) {
  const request = () => readFragment(TimingBarFragment, props.request);
  const waited = () => request().waitedMs ?? 0;
  const total = () => waited() + request().durationMs;
  const wait = () => request().timeToFirstByteMs ?? 0;
  // Without a first byte, or within a millisecond, there are no parts to show.
  const hasParts = () => waited() > 0 || (wait() > 0 && request().durationMs >= 1);
  const rest = () => Math.max(0, request().durationMs - wait());
  return (
    <section>
      <h3 class="mb-2 flex justify-between gap-4 font-medium">
        {t("requests.timing")}
        <span>{formatDuration(total())}</span>
      </h3>
      <Show when={hasParts()}>
        <SplitBar
          label={t("requests.timing")}
          parts={[
            ...(waited() > 0
              ? [
                  {
                    label: t("requests.waitedForLimits"),
                    value: waited(),
                    colour: "--series-4",
                    valueText: formatDuration(waited()),
                  },
                ]
              : []),
            {
              label: t("requests.untilFirstByte"),
              value: wait(),
              colour: "--series-10",
              valueText: formatDuration(wait()),
            },
            {
              label: request().streamed ? t("requests.streamed") : t("requests.answering"),
              value: rest(),
              colour: "--series-6",
              valueText: formatDuration(rest()),
            },
          ]}
        />
      </Show>
    </section>
  );
}
