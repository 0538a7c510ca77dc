import { GraphQLEnumType, valueFromASTUntyped } from "graphql";

/** A plugin of graphql-codegen: the role that each mutation declares with `@requiresRole` in the schema. */
export function plugin(schema) {
  if (!(schema.getType("Role") instanceof GraphQLEnumType))
    throw new Error("the schema has no Role");
  const fields = Object.values(schema.getMutationType().getFields());
  const entries = fields.flatMap(({ name, astNode }) => {
    const directive = astNode.directives.find((each) => each.name.value === "requiresRole");
    const role = directive?.arguments.find((each) => each.name.value === "role");
    return role ? [`  ${name}: ${JSON.stringify(valueFromASTUntyped(role.value))},`] : [];
  });
  if (entries.length === 0) throw new Error("no mutation of the schema declares a role");
  return [
    "/** The least role that each mutation requires. Mutations about the own session require none. */",
    "export const REQUIRED_ROLES = {",
    ...entries,
    "} as const;",
    "",
  ].join("\n");
}
