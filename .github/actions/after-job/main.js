// Nothing to do yet: a step whose post entry runs after those of the steps that come later.
