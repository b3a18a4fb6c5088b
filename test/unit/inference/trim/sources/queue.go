package queue

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrEmpty says that nothing waits.
var ErrEmpty = errors.New("queue: empty")

// Job is a piece of work with its deadline.
type Job struct {
	Name     string
	Deadline time.Time
	Retries  int
}

// Queue keeps jobs in the order of their deadlines.
type Queue struct {
	mu   sync.Mutex
	jobs []Job
	seen map[string]bool
}

// New returns an empty queue.
func New() *Queue {
	return &Queue{seen: make(map[string]bool)}
}

// Push adds a job, once for each name.
func (q *Queue) Push(job Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.seen[job.Name] {
		return fmt.Errorf("queue: %q is there already", job.Name)
	}
	q.seen[job.Name] = true
	at := len(q.jobs)
	for i, other := range q.jobs {
		if job.Deadline.Before(other.Deadline) {
			at = i
			break
		}
	}
	q.jobs = append(q.jobs[:at], append([]Job{job}, q.jobs[at:]...)...)
	return nil
}

// Pop takes the next job.
func (q *Queue) Pop() (Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		return Job{}, ErrEmpty
	}
	job := q.jobs[0]
	q.jobs = q.jobs[1:]
	delete(q.seen, job.Name)
	return job, nil
}

// Late lists the names of jobs whose deadline has passed.
func (q *Queue) Late(now time.Time) []string {
	var names []string
	for _, job := range q.jobs {
		switch {
		case job.Deadline.Before(now):
			names = append(names, job.Name)
		case job.Retries > 3:
			names = append(names, fmt.Sprintf("%s (%d)", job.Name, job.Retries))
		default:
			return names
		}
	}
	return names
}
