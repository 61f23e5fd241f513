// Nothing to do yet: the post entry of this step runs after those of all later steps.
