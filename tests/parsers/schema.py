"""Holds JSON documents against a JSON schema.

Standard input: {"schema": the schema, "documents": [documents]}. Standard output: a list with one
list of errors a document, each error with its place; an empty one where the document keeps to it.
"""

import json
import sys

import jsonschema_rs

asked = json.load(sys.stdin)
validator = jsonschema_rs.validator_for(asked["schema"])
json.dump(
    [
        [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(document)]
        for document in asked["documents"]
    ],
    sys.stdout,
)
