import { A } from "@solidjs/router";
import { EngineSummary } from "../features/engine";
import { RequestLog } from "../features/requests";
import { buttonClass } from "../ui/Button";
import { Page } from "../ui/Page";
import { Panel } from "../ui/Panel";
import { FirstSteps } from "./FirstSteps";
import { LiveMark } from "./LiveMark";

const LATEST = 15;

/** What is happening now. */
export default function OverviewPage() {
  return (
    <Page title="Overview">
      <EngineSummary />
      <Panel
        title="Latest requests"
        flush
        actions={
          <>
            <LiveMark />
            <A href="/requests" class={buttonClass("quiet", "small")}>
              All requests
            </A>
          </>
        }
      >
        <RequestLog filter={{}} first={LATEST} live empty={<FirstSteps />} />
      </Panel>
    </Page>
  );
}
