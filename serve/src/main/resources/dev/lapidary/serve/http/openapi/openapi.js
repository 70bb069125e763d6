"use strict";

/** An element with text or further elements in it; nothing is ever parsed as HTML. */
function element(name, ...inside) {
  const made = document.createElement(name);
  made.append(...inside);
  return made;
}

function schemaOf(content) {
  return Object.entries(content || {})
      .map(([type, media]) => {
        const schema = media.schema || {};
        const names = (schema.oneOf || [schema])
            .filter(one => one.$ref)
            .map(one => one.$ref.split("/").pop());
        return names.length ? `${type}: ${names.join(" or ")}` : type;
      })
      .join(", ");
}

function rows(pairs) {
  const list = element("dl");
  for (const [term, text] of pairs) {
    list.append(element("dt", term), element("dd", text));
  }
  return list;
}

/** What an answer refers to is among the components. */
function resolved(api, answer) {
  return answer.$ref ? api.components.responses[answer.$ref.split("/").pop()] : answer;
}

function operation(api, method, path, op) {
  const section = element("section", element("h3", `${method.toUpperCase()} ${path}`));
  section.append(element("p", op.summary));
  const parameters = (op.parameters || []).map(p => [`${p.name} (${p.in})`, p.description]);
  if (op.requestBody) {
    parameters.push(["body", schemaOf(op.requestBody.content)]);
  }
  const answers = Object.entries(op.responses).map(([status, named]) => {
    const answer = resolved(api, named);
    const schema = schemaOf(answer.content);
    return [status, schema ? `${answer.description} (${schema})` : answer.description];
  });
  section.append(rows(parameters), rows(answers));
  return section;
}

async function show() {
  const main = document.getElementById("operations");
  const api = await (await fetch("openapi.json")).json();
  for (const tag of api.tags) {
    main.append(element("h2", tag.name));
    for (const [path, methods] of Object.entries(api.paths)) {
      for (const [method, op] of Object.entries(methods)) {
        if (op.tags.includes(tag.name)) {
          main.append(operation(api, method, path, op));
        }
      }
    }
  }
  main.append(element("h2", "Schemas"));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    main.append(element("h3", name), element("pre", JSON.stringify(schema, null, 1)));
  }
}

show().catch(error => {
  document.getElementById("operations").append(element("p", `The document cannot be read: ${error}`));
});
