import { A } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import { createFeed } from "../../graphql/createFeed";
import { graphql } from "../../graphql/generated";
import type { WaitingRequestsSubscription } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { formatWhole } from "../../lib/format";

const WaitingRequestsDocument = graphql(`
  subscription WaitingRequests {
    waitingRequestsChanged {
      total
      users {
        requests
        user {
          id
          name
        }
      }
    }
  }
`);

/** Users that are listed. */
const SHOWN = 5;

/** The requests that wait for rate limits, by user; nothing while none waits. */
export function WaitingNow() {
  const [waiting, setWaiting] =
    createSignal<WaitingRequestsSubscription["waitingRequestsChanged"]>();
  createFeed(WaitingRequestsDocument, {}, (data: WaitingRequestsSubscription) =>
    setWaiting(data.waitingRequestsChanged),
  );
  const total = () => waiting()?.total ?? 0;
  const users = () => waiting()?.users.slice(0, SHOWN) ?? [];
  const isCut = () => (waiting()?.users.length ?? 0) > SHOWN;
  return (
    <div role="status">
      <Show when={total() > 0}>
        <p class="flex flex-wrap gap-x-3 gap-y-1 border-line border-b px-4 py-2 text-sm sm:px-5">
          <span class="font-medium">{t("requests.waitingNow", { count: total() })}</span>
          <For each={users()}>
            {(row) => (
              <span class="text-muted">
                <A
                  href={`/users/${row.user.id}`}
                  class="text-ink underline-offset-4 hover:underline"
                >
                  {row.user.name}
                </A>{" "}
                {formatWhole(row.requests)}
              </span>
            )}
          </For>
          <Show when={isCut()}>
            <span class="text-muted">…</span>
          </Show>
        </p>
      </Show>
    </div>
  );
}
