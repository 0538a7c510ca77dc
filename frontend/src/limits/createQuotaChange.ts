import { useClient } from "@urql/solid";
import { batch, createSignal } from "solid-js";
import { unwrap } from "solid-js/store";
import { createMutation } from "../graphql/createMutation";
import { isOutdated } from "../graphql/errors";
import { graphql, readFragment } from "../graphql/generated";
import type { QuotaInput, QuotaStateFragment } from "../graphql/generated/graphql";
import { t } from "../i18n";
import { changesOf } from "../lib/form";
import { type ConflictRows, type Difference, differencesOf } from "../ui/Conflict";
import { describeAmount } from "../ui/quotaAmounts";
import { notify } from "../ui/Toaster";
import { QuotaFragment } from "./QuotaSummary";
import { asInput } from "./quotaInput";

const ChangeQuotasMutation = graphql(`
  mutation ChangeQuotas($input: ChangeQuotasInput!, $expectedVersion: Int) {
    changeQuotas(input: $input, expectedVersion: $expectedVersion) {
      user {
        id
        quotasVersion
        quotas {
          id
          ...QuotaState
        }
      }
      apiKey {
        id
        quotasVersion
        quotas {
          id
          ...QuotaState
        }
      }
    }
  }
`);

const PresentQuotasQuery = graphql(`
  query PresentQuotas($id: ID!) {
    user(id: $id) {
      id
      quotasVersion
      quotas {
        id
        ...QuotaState
      }
      apiKeys {
        id
        quotasVersion
        quotas {
          id
          ...QuotaState
        }
      }
    }
  }
`);

const MAX_ATTEMPTS = 3;

/** The owner of the limits: a user or one API key. */
export type Subject = { userId: string } | { apiKeyId: string };

/** The holder of quotas, and the version of its list. */
export type QuotaHolder = {
  /** The user, or the owner of the key. */
  userId: string;
  subject: Subject;
  /** Undefined where the list is not shown: a quota is only added to it. */
  version: number | undefined;
};

/** The fields of a stored quota that differ; without one it was removed. */
function compare(before: QuotaInput | undefined, after: QuotaInput | undefined): Difference[] {
  const shown = (read: (quota: QuotaInput) => string) => (quota: QuotaInput | undefined) =>
    quota ? read(quota) || t("common.none") : t("conflict.gone");
  const fields = [
    [t("limits.limit"), shown((quota) => describeAmount(quota.metric, quota.limit))],
    [t("limits.soft"), shown((quota) => [quota.softPercents].flat().join(", "))],
    [t("limits.strict"), shown((quota) => t(quota.strict ? "common.on" : "common.off"))],
    [
      t("limits.unpriced"),
      shown(({ unpriced }) => (unpriced ? t(`limits.unpricedPolicies.${unpriced}`) : "")),
    ],
    [
      t("limits.free"),
      shown(({ freeModels }) => (freeModels ? t(`limits.freePolicies.${freeModels}`) : "")),
    ],
  ] as const;
  return differencesOf(fields, before, after);
}

/** Changes of single quotas, with the version of the list that the dialog was opened with. */
export function createQuotaChange(holder: QuotaHolder) {
  const client = useClient();
  const [change, changeQuotas] = createMutation(ChangeQuotasMutation);
  const [edited, setEdited] = createSignal<QuotaStateFragment | "new">();
  const [conflict, setConflict] = createSignal<ConflictRows>();
  // What is edited as it is stored: nothing for a new quota, or for one that was removed meanwhile.
  let stored: { version: number | undefined; quota: QuotaStateFragment | undefined } | undefined;
  const known = () => {
    const quota = edited();
    return quota === "new" ? undefined : quota;
  };

  function open(quota: QuotaStateFragment | "new" | undefined) {
    // A copy: urql puts later answers into the same object.
    const first = quota && quota !== "new" ? structuredClone(unwrap(quota)) : quota;
    stored = { version: holder.version, quota: first === "new" ? undefined : first };
    batch(() => {
      setConflict(undefined);
      setEdited(first);
    });
  }

  // Only changes are sent, because another administrator may have changed the other quotas.
  const send = (changes: { remove?: string[]; add?: QuotaInput[] }, expectedVersion?: number) =>
    changeQuotas(
      { input: { ...holder.subject, ...changes }, expectedVersion: expectedVersion ?? null },
      { additionalTypenames: ["Quota"] },
    );

  async function read() {
    const variables = { id: holder.userId };
    const answer = await client.query(PresentQuotasQuery, variables, {
      requestPolicy: "network-only",
    });
    const user = answer.data?.user ?? undefined;
    const { subject } = holder;
    return "userId" in subject ? user : user?.apiKeys.find((key) => key.id === subject.apiKeyId);
  }

  /** Reads what others have saved. Resolves to whether that leaves the edited quota as it was. */
  async function meet(mine: QuotaInput): Promise<boolean> {
    const [before, present] = [stored?.quota, await read()];
    if (!present) return false;
    const quotas = present.quotas.map((quota) => readFragment(QuotaFragment, quota));
    const theirs = before && quotas.find((quota) => quota.id === before.id);
    stored = { version: present.quotasVersion, quota: theirs };
    const rows = before ? compare(asInput(before), theirs && asInput(theirs)) : [];
    if (!before || rows.length === 0) return true;
    const merged = theirs ? { ...asInput(theirs), ...changesOf(asInput(before), mine) } : mine;
    batch(() => {
      setConflict({ theirs: rows, yours: compare(theirs && asInput(theirs), merged) });
      const { limit, softPercents, strict, unpriced, freeModels } = merged;
      setEdited({
        ...before,
        limit,
        softPercents: [softPercents ?? []].flat(),
        strict: strict ?? false,
        unpriced: unpriced ?? null,
        freeModels: freeModels ?? null,
      });
    });
    return false;
  }

  async function save(quota: QuotaInput) {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS && stored; attempt += 1) {
      const changes = { remove: stored.quota ? [stored.quota.id] : [], add: [quota] };
      const { error } = await send(changes, stored.version);
      if (!error) {
        open(undefined);
        notify({ tone: "ok", text: t("limits.saved") });
        return;
      }
      if (!isOutdated(error) || !(await meet(quota))) return;
    }
  }

  return { change, edited, known, conflict, open, send, save };
}
