import { createQuery } from "@urql/solid";
import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { createEvery } from "../../lib/createEvery";
import { Panel } from "../../ui/Panel";
import { providerName } from "../../ui/providers";
import { Resets } from "../../ui/Resets";
import {
  describeForecast,
  expectedLevels,
  nameOfWindow,
  readForecast,
  WindowBar,
} from "../../windows";

const OwnWindowDoc = graphql(`
  fragment OwnWindow on OwnWindow {
    provider
    accountNumber
    name
    level
    resetsAt
    forecast {
      ...WindowForecastPart
    }
    ownPercent
  }
`);

function Window(props: { window: FragmentType<typeof OwnWindowDoc> }) {
  const window = () => readFragment(OwnWindowDoc, props.window);
  const forecast = () => readForecast(window().forecast);
  const account = () =>
    t("windows.own.account", {
      provider: providerName(window().provider),
      number: window().accountNumber,
    });
  return (
    <li>
      <p class="flex flex-wrap justify-between gap-x-4">
        <span class="font-medium">
          {account()}
          <span class="font-normal text-muted"> · {nameOfWindow(window().name)}</span>
        </span>
        <span class="tabular-nums">
          {t("windows.used", { percent: Math.round(window().level) })}
        </span>
      </p>
      <div class="my-1.5">
        <WindowBar
          name={`${account()}, ${nameOfWindow(window().name)}`}
          percent={window().level}
          expected={expectedLevels(forecast())}
        />
      </div>
      <p class="flex flex-wrap gap-x-4 text-sm text-muted">
        <span>
          <Show
            when={typeof window().ownPercent === "number"}
            fallback={t("windows.own.partUnknown")}
          >
            {t("windows.own.part", { percent: Math.round(window().ownPercent ?? 0) })}
          </Show>
        </span>
        <Resets at={window().resetsAt} />
        <span>{describeForecast(forecast())}</span>
      </p>
    </li>
  );
}

const OwnWindowsQueryDoc = graphql(`
  query OwnWindows {
    viewer {
      __typename
      ... on KeyHolder {
        windows {
          ...OwnWindow
        }
      }
    }
  }
`);

type Windows = readonly FragmentType<typeof OwnWindowDoc>[];

/** The usage windows of the subscriptions that the user's requests have used; undefined until the server has responded. */
export function createOwnWindows(): () => Windows | undefined {
  const [answer, ask] = createQuery({ query: OwnWindowsQueryDoc });
  createEvery(() => ask({ requestPolicy: "network-only" }));
  return () => {
    const viewer = answer.data?.viewer;
    if (viewer) return "windows" in viewer ? viewer.windows : [];
    return answer.error && [];
  };
}

/** The usage windows of the subscriptions that the user's requests have used; nothing without any. */
export function OwnWindows(props: { windows: Windows }) {
  return (
    <Show when={props.windows.length > 0}>
      <Panel title={t("windows.own.title")} hint={t("windows.own.hint")}>
        <ul class="flex flex-col gap-5">
          <For each={props.windows}>{(window) => <Window window={window} />}</For>
        </ul>
      </Panel>
    </Show>
  );
}
