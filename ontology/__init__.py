"""What the words mean: ontology, shapes, wordings and gazetteer in Turtle, and the code from claims to quads."""
