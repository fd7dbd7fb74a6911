# by_link.awk - cuts a trace into one for each of its links: link-NAME.trace in the folder `dir`.
/^# onhook-trace/ {
    head = $0
    next
}

{
    name = $1 == "#" ? $3 : $2
    file = dir "/link-" name ".trace"
    if (!(name in known))
        print head >file
    known[name] = 1
    print >file
}
