import type { CombinedError } from "@urql/core";
import { useClient } from "@urql/solid";
import { createSignal, onMount } from "solid-js";
import { createAllowedMutation } from "../../graphql/createMutation";
import { errorCode } from "../../graphql/errors";
import { graphql, readFragment } from "../../graphql/generated";
import type { SettingsValuesFragment } from "../../graphql/generated/graphql";
import { changedFields, type Draft, draftOf, inputOf, rebase } from "./draft";
import type { FieldName } from "./table";

const SettingsValuesFragmentDoc = graphql(`
  fragment SettingsValues on Settings {
    version
    updatedAt
    abortPolicy
    drainSeconds
    drainBytes
    drainConcurrency
    maxBodyBytes
    assumedOutputTokens
    maxWaiting
    retentionDays
    keepErrorMessages
    refreshModelCatalogue
    ownKeys
    ownKeysMaximum
    agentSignIn
    agentSignInDays
    ownAlertAddresses
    maxKeyLifeDays
    maxKeyIdleDays
    keyNetworkMinutes
    revokeKeyInTwoNetworks
    answerTimeoutSeconds
    accountCheckMinutes
    backupEveryHours
    backupsKept
    routing {
      strategy
      accountStrategy
      sessionAffinity
      sessionAffinitySeconds
      requestRetries
      maxRetryCredentials
      maxRetryIntervalSeconds
      cooldown
      transientCooldownSeconds
      streamKeepaliveSeconds
    }
    defaultRateLimit {
      requestsPerMinute
      tokensPerMinute
      concurrentRequests
      concurrentSockets
      maxWaitSeconds
    }
  }
`);

const SettingsQuery = graphql(`
  query Settings {
    settings {
      ...SettingsValues
    }
  }
`);

const UpdateSettingsMutation = graphql(`
  mutation UpdateSettings($input: UpdateSettingsInput!, $expectedVersion: Int!) {
    updateSettings(input: $input, expectedVersion: $expectedVersion) {
      settings {
        ...SettingsValues
      }
    }
  }
`);

/** Settings that another administrator saved while this form was open: the previous values and the changed fields. */
export type Conflict = { before: Draft; fields: FieldName[] };

/** The loaded settings and the unsaved changes. */
export function createSettings() {
  const client = useClient();
  const update = createAllowedMutation("updateSettings", UpdateSettingsMutation);
  const [saved, setSaved] = createSignal<SettingsValuesFragment>();
  const [draft, setDraft] = createSignal<Draft>();
  const [error, setError] = createSignal<CombinedError>();
  const [conflict, setConflict] = createSignal<Conflict>();
  const [isSaving, setSaving] = createSignal(false);
  const base = () => {
    const known = saved();
    return known && draftOf(known);
  };

  // Queried once and not kept fresh: the form's values must not change while the user types.
  async function read(): Promise<SettingsValuesFragment | undefined> {
    const answer = await client.query(SettingsQuery, {}, { requestPolicy: "network-only" });
    setError(answer.error);
    return answer.data && readFragment(SettingsValuesFragmentDoc, answer.data.settings);
  }

  function accept(settings: SettingsValuesFragment) {
    setSaved(settings);
    setDraft(draftOf(settings));
    setConflict(undefined);
    setError(undefined);
  }

  async function load() {
    const settings = await read();
    if (settings) accept(settings);
  }

  /** Loads the current settings and applies the unsaved changes to them. */
  async function meet(before: Draft, mine: Draft) {
    const settings = await read();
    if (!settings) return;
    const theirs = draftOf(settings);
    setSaved(settings);
    setDraft(rebase(before, mine, theirs));
    setConflict({ before, fields: changedFields(before, theirs) });
  }

  /** Saves if the version is still the loaded one; resolves to whether it was. */
  async function save(): Promise<boolean> {
    const [known, before, mine, send] = [saved(), base(), draft(), update()?.[1]];
    if (!known || !before || !mine || !send) return false;
    setSaving(true);
    const answer = await send({
      input: inputOf(before, mine),
      expectedVersion: known.version,
    });
    setError(answer.error);
    if (errorCode(answer.error) === "CONFLICT") await meet(before, mine);
    setSaving(false);
    if (!answer.data) return false;
    accept(readFragment(SettingsValuesFragmentDoc, answer.data.updateSettings.settings));
    return true;
  }

  onMount(() => void load());
  return {
    saved,
    draft,
    base,
    error,
    conflict,
    isSaving,
    change: (field: FieldName, value: string) =>
      setDraft((known) => known && { ...known, [field]: value }),
    changed: () => {
      const [before, after] = [base(), draft()];
      return before && after ? changedFields(before, after) : [];
    },
    discard: () => {
      const known = saved();
      if (known) accept(known);
    },
    save,
  };
}

/** The state that the parts of the page share. */
export type SettingsState = ReturnType<typeof createSettings>;
