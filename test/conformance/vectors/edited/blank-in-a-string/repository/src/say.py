title = "x"
message = "wait a moment, please"
notify(message)
