"""Documents generated from the code: AsyncAPI, JSON Schemas, OpenAPI, and what works with its tests (SY-7)."""
