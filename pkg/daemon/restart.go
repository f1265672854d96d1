package daemon

// startSource is what a daemon starts from: its file, unless somebody committed the very text of the
// file until it is confirmed, and never confirmed it. That one may have cut its operator off, and must
// not come back by a restart (RFC 6241, 8.4.1); what was confirmed last runs instead.
func (l *loop) startSource(file source) source {
	records := l.history.Records()
	record, known := l.history.Find(file.text)
	if !known || !record.Unconfirmed {
		if len(records) > 0 && records[0].Unconfirmed {
			l.log.Warn("the last commit was not confirmed before the daemon ended: it is dropped",
				"config", records[0].Name, "start_from", file.name)
		}
		return file
	}
	for number, record := range records {
		if record.Unconfirmed {
			continue
		}
		if kept, ok := l.readKept(number); ok {
			l.log.Warn("the configuration file holds what was committed until it is confirmed, and never "+
				"was: what was confirmed last runs instead; commit the file to run it", "config", file.name,
				"start_from", record.Name, "committed", record.Time, "way", record.Way)
			return kept
		}
	}
	l.log.Warn("the configuration file holds what was committed until it is confirmed, and never was; "+
		"it runs nevertheless: no other is kept", "config", file.name)
	return file
}

// readKept reads a kept configuration that should be good.
func (l *loop) readKept(number int) (source, bool) {
	record, text, err := l.history.Read(number)
	var kept source
	if err == nil {
		kept, err = parse(record.Name, text)
	}
	if err != nil {
		l.log.Warn("a kept configuration is left out", "number", number, "config", record.Name, "error", err)
	}
	return kept, err == nil
}
