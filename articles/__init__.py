"""Published analysis in which polls stand."""
