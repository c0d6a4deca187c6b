"""Text to claims: reading, entities, predications, reference, frames and status, as spaCy components."""
