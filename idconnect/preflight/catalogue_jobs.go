package preflight

// ofJobs are the codes about what servers do by themselves.
type ofJobs struct{ LiveSyncOn, SchedulesOn, TargetJobsOn Entry }

var entriesOfJobs = ofJobs{
	LiveSyncOn: Entry{
		Code: "LIVE-SYNC-ON", Severity: Warns,
		Means: "live synchronisation is on in the source.",
		Checks: "The source's configurations `schedule/…` and `schedule-…`, and the jobs that were made over REST " +
			"(`scheduler`), that are enabled and whose action is `liveSync`. " +
			"A job without `enabled` is on, and `enabled` may be the text \"true\" or \"false\".",
		Why:    "records that change during the copy may arrive in a mixed state",
		Remedy: "switch live synchronisation off until the upgrade is verified",
	},
	SchedulesOn: Entry{
		Code: "SCHEDULES-ON", Severity: Warns,
		Means: "schedules are on in the source.",
		Checks: "The source's other configurations `schedule/…` and `schedule-…`, and the jobs under `scheduler`, " +
			"that are enabled, or whose form is not known.",
		Why:    "records that change during the copy may arrive in a mixed state",
		Remedy: "disable the schedules until the upgrade is verified",
	},
	TargetJobsOn: Entry{
		Code: "TARGET-JOBS-ON", Severity: Warns,
		Means: "jobs of the target that synchronise are on, and so are those of the source.",
		Checks: "Where the target answers, and again at the end of a run: its `scheduler/job` and its configurations " +
			"`schedule/…` that are enabled and reconcile or synchronise. " +
			"Whether the migration carries jobs over is not known.",
		Why: "two servers that push into one Salesforce org undo each other's changes, and deactivate users " +
			"that the other one has activated",
		Remedy: "disable the target's jobs until the upgrade is verified; " +
			"then stop 2.1, or disable its jobs, before you enable those of the target",
	},
}
