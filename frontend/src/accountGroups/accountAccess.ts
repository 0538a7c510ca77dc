import { graphql } from "../graphql/generated";

/** The groups that are set for a user and for each of their keys. */
export const AccountAccessQuery = graphql(`
  query AccountAccess($userId: ID!) {
    user(id: $userId) {
      id
      version
      name
      accountAccess {
        ownGroups {
          id
        }
      }
      apiKeys {
        id
        version
        accountAccess {
          ownGroups {
            id
          }
        }
      }
    }
  }
`);

/** The account groups that are set for the members of groups of users. */
export const UserGroupAccessQuery = graphql(`
  query UserGroupAccess {
    userGroups {
      id
      version
      accountGroups {
        id
      }
    }
  }
`);

/** Sets the account groups of a user, a key or a group of users. */
export const SetAccountAccessMutation = graphql(`
  mutation SetAccountAccess($input: SetAccountAccessInput!, $expectedVersion: Int) {
    setAccountAccess(input: $input, expectedVersion: $expectedVersion) {
      user {
        id
        version
      }
      apiKey {
        id
        version
      }
      userGroup {
        id
        version
      }
    }
  }
`);

/** The change also concerns lists of groups. */
export const CHANGES_GROUPS = {
  additionalTypenames: ["AccountGroup", "User", "ApiKey", "UserGroup"],
};
